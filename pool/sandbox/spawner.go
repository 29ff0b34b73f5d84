package sandbox

import (
	"os/exec"
	"runtime"
	"sync"
)

// spawner starts processes from one thread that lives as long as it: the death
// signal that ends instances with the node is sent at the end of the thread
// that started them, and Go ends threads at its own will.
type spawner struct {
	jobs chan job
	run  sync.WaitGroup
	once sync.Once
}

type job struct {
	cmd *exec.Cmd
	err chan error
}

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan job)}
	s.run.Go(func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		for j := range s.jobs {
			j.err <- j.cmd.Start()
		}
	})
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	j := job{cmd, make(chan error, 1)}
	s.jobs <- j
	return <-j.err
}

// close ends the thread, and with it whatever it started.
func (s *spawner) close() {
	s.once.Do(func() { close(s.jobs) })
	s.run.Wait()
}
