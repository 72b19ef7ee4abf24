"""The bill: a row for each layer, totals."""
