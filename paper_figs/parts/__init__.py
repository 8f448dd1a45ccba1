"""What figures share: style, reading, panels, settings, and the driver that draws them all."""
