"""What of the board is shown elsewhere: badges, a feed, link previews, frames in other pages."""
