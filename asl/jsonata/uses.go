package jsonata

type uses struct{}

func usesOf(*tree) uses { return uses{} }
