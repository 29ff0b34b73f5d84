package sandbox

// CgroupName is the name of the cgroups of a driver whose folder is dir.
func CgroupName(dir string) string { return cgroupName(dir) }
