package main

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/internal/config"
)

// memoryMB is the memory for instances: configured, else three quarters of
// what the machine has.
func memoryMB(cfg *config.Config) int {
	if n := cfg.Int("container.pool.memory"); n > 0 {
		return n
	}
	if total := machineMemoryMB(); total > 0 {
		return total * 3 / 4
	}
	return 1024
}

// cpus is the CPUs for instances: configured, else those of the machine.
func cpus(cfg *config.Config) float64 {
	if f := cfg.Float("container.pool.cpus"); f > 0 {
		return f
	}
	return float64(runtime.NumCPU())
}

// machineMemoryMB reads the machine's memory; 0 when it cannot be told.
func machineMemoryMB() int { return meminfo("MemTotal:") }

func meminfo(field string) int {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) >= 2 && words[0] == field {
			kb, err := strconv.Atoi(words[1])
			if err != nil {
				return 0
			}
			return kb / 1024
		}
	}
	return 0
}

// loadAverage reads the machine's load over 1, 5 and 15 minutes.
func loadAverage() (load [3]float64) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return load
	}
	words := strings.Fields(string(text))
	for i := 0; i < len(load) && i < len(words); i++ {
		if f, err := strconv.ParseFloat(words[i], 64); err == nil {
			load[i] = f
		}
	}
	return load
}

// architecture is the node's, in the words of the registry.
func architecture(cfg *config.Config) string {
	if a := cfg.Text("node.architecture"); a != "" {
		return a
	}
	return runtime.GOARCH
}
