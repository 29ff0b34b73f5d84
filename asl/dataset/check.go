package dataset

// Verb is how a reader comes to its data.
type Verb uint8

// The verbs.
const (
	// GetObject reads an object: arn:aws:states:::s3:getObject.
	GetObject Verb = iota
	// ListObjects lists a bucket: arn:aws:states:::s3:listObjectsV2.
	ListObjects
)

// Check tells whether a verb can work with a config. Errors are *ReadError.
func (c Config) Check(verb Verb) error {
	for _, err := range []error{
		one("InputType", c.InputType, CSV, JSON, JSONL, Parquet, Manifest),
		one("Transformation", c.Transformation, Metadata, LoadAndFlatten),
		one("ManifestType", c.ManifestType, AthenaData, S3Inventory),
		one("CSVHeaderLocation", c.HeaderLocation, FirstRow, Given),
		one("CSVDelimiter", c.Delimiter, Comma, Pipe, Semicolon, Space, Tab),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case c.MaxItems < 0:
		return wrong(textNegative)
	case c.MaxItems > MaxItems:
		return wrong("field MaxItems must be at most %d", MaxItems)
	}
	if verb == ListObjects && c.Transformation != LoadAndFlatten {
		return nil // what the objects hold does not matter
	}
	if err := c.checkType(verb); err != nil {
		return err
	}
	return c.checkFormat()
}

// checkType checks what is to be read.
func (c Config) checkType(verb Verb) error {
	switch {
	case verb == ListObjects:
		if c.InputType == "" || c.InputType == Manifest || c.ManifestType != "" {
			return wrong("Transformation LOAD_AND_FLATTEN needs the InputType CSV, JSON, JSONL or PARQUET.")
		}
	case c.Transformation == LoadAndFlatten:
		return wrong("Transformation LOAD_AND_FLATTEN belongs to s3:listObjectsV2.")
	case c.ManifestType == AthenaData:
		if c.InputType != CSV && c.InputType != JSONL && c.InputType != Parquet {
			return wrong("ManifestType ATHENA_DATA needs the InputType CSV, JSONL or PARQUET.")
		}
	case c.ManifestType == S3Inventory:
		if c.InputType != "" && c.InputType != Manifest {
			return wrong("ManifestType S3_INVENTORY goes without an InputType.")
		}
	case c.InputType == "":
		return wrong("InputType is missing.")
	}
	return nil
}

// checkFormat checks the fields that belong to one format.
func (c Config) checkFormat() error {
	if c.ItemsPointer != "" {
		if c.InputType != JSON {
			return wrong("ItemsPointer belongs to the InputType JSON.")
		}
		if _, err := parsePointer(c.ItemsPointer); err != nil {
			return err
		}
	}
	if c.InputType != CSV {
		return nil
	}
	switch {
	case c.HeaderLocation == "":
		return wrong("CSVHeaderLocation is missing: FIRST_ROW or GIVEN.")
	case c.HeaderLocation == Given && len(c.Headers) == 0:
		return wrong("CSVHeaderLocation GIVEN needs CSVHeaders.")
	case c.HeaderLocation == FirstRow && len(c.Headers) > 0:
		return wrong("CSVHeaders belong to CSVHeaderLocation GIVEN.")
	}
	return nil
}
