"""Shared parts of pages and figures.

- `html`: the one Jinja environment, with `base.html.j2` and `page.css`.
- `panel`: a drawing with its caption, in a page and as files; `style`: the look of figures; `svg`: figures as
  SVG, PNG and PDF; `letters`, `svg_logo`: sequence logos; `tracks`: scan tracks; `heat_map`: effects of
  single-base changes; `rc_file`: no settings of the current folder.
- `formatting`: numbers as text.

Must not import models, data or the report.
"""
