"""One file a Lambda state, with the state's name, in the order of `lifestream.step_names`."""
