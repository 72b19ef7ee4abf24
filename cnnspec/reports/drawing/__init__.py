"""What reports are drawn with: tables, bars, axes, colours, SVG."""
