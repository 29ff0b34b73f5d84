// Package deps holds the law of imports: who may import whom, as a test.
package deps
