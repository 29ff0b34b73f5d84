package main

func (c *testCase) testState() answer { return answer{ID: c.ID} }
