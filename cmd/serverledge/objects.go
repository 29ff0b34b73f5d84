package main

import (
	"os"

	"github.com/serverledge/serverledge/internal/config"
	"github.com/serverledge/serverledge/store/objects"
	"github.com/serverledge/serverledge/store/objects/configured"
	"github.com/serverledge/serverledge/store/objects/s3"
)

// openObjects opens the store that workflows read and write objects in.
func openObjects(cfg *config.Config, dir *dataDir) (objects.Store, error) {
	return configured.Open(configured.Settings{
		Dir: dir.sub("objects"), AccessKeyFile: cfg.Text("objects.s3.access.file"), SecretKeyFile: cfg.Text("objects.s3.secret.file"), Env: os.Getenv,
		S3: s3.Options{
			Endpoint: cfg.Text("objects.s3.endpoint"), Region: cfg.Text("objects.s3.region"),
			PathStyle: cfg.Bool("objects.s3.path.style"), CAFile: cfg.Text("objects.s3.ca.file"),
		},
	})
}
