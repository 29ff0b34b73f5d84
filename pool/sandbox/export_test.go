package sandbox

// CgroupName is the name of the cgroups of a driver whose folder is dir.
func CgroupName(dir string) string { return cgroupName(dir) }

// Folder is the driver's own.
func (d *Driver) Folder() string { return d.o.Dir }
