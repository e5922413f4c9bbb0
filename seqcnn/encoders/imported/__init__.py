"""Networks of other libraries as graphs of layers, whose description is data and whose weights are arrays.

`layer` is what every layer has; `convolution`, `dense`, `elementwise`, `recurrent`, `attention` and `shape`
hold the layers, each a schema with bounds and the module that it describes; `graph` joins them, and
`encoder` computes a graph.  Tensors have the axes of Keras: sequence, positions, and channels last.

To add a layer, write its schema and its module, and add the schema to `Layer` (`graph`); its conversion is in
`seqcnn.model.imports`.
"""
