package jsonata
