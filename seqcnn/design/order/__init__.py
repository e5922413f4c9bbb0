"""What goes to the supplier.

- `plates`: positions in plates.
- `order_table`: order.csv and order.xlsx.
- `readme`: README.txt, what was asked.
"""
