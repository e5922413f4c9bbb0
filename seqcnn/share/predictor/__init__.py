"""Parts of the predictor in one file: facts of the model, the runtime, and the sources of the page.

`page.html.j2` is the page, `page.css` its style, `labels.json` its texts in English and Chinese, and `*.js`
its scripts, which the page holds one after another in one scope.
"""
