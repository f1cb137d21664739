"""What the service says about itself: health, metrics and its log. Message content never appears in any of them."""
