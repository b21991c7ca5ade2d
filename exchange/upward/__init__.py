"""The way to a parent axis: this exchange as one agency's system of it, through the national client's protocol."""
