package functions

import "github.com/serverledge/serverledge/internal/fault"

// CheckImage refuses what is not a reference to an image: fault.Invalid
// "invalid_image".
func CheckImage(image string) error {
	if !validImage(image) {
		return fault.New(fault.Invalid, "invalid_image", "the image %s is not a valid reference", quoted(image))
	}
	return nil
}
