// SPDX-License-Identifier: Apache-2.0

// Goroutines, timers, files, a nil pointer that is recovered: what Go's run-time
// asks of a kernel without any C library in between.
package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"time"
)

func digest(n int) string {
	data := make([]byte, 1<<20)
	for i := range data {
		data[i] = byte(i * n)
	}
	return fmt.Sprintf("%02d %x", n, sha256.Sum256(data))[:19]
}

func main() {
	results := make(chan string)
	for i := 0; i < 64; i++ {
		go func(n int) { results <- digest(n) }(i)
	}
	var all []string
	for i := 0; i < 64; i++ {
		all = append(all, <-results)
	}
	sort.Strings(all)
	fmt.Println(strings.Join(all, "\n"))
	runtime.GC()
	<-time.After(20 * time.Millisecond)

	err := os.WriteFile("/tmp/sofa-go", []byte("text"), 0600)
	text, err2 := os.ReadFile("/tmp/sofa-go")
	fmt.Println(string(text), err, err2, os.Remove("/tmp/sofa-go"))
	_, err = os.Stat("/nonesuch")
	fmt.Println(err)

	defer func() {
		fmt.Println("recovered:", recover())
		os.Exit(5)
	}()
	var p *int
	fmt.Println(*p)
}
