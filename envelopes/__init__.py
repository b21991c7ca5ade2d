"""What is exchanged: types, states, rules and the edXML form. No IO, no clock, no async."""
