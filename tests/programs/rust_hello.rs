// SPDX-License-Identifier: Apache-2.0

// Threads, a contended mutex, a caught panic (unwinding), a child process.
use std::process::Command;
use std::sync::{mpsc, Arc, Mutex};
use std::thread;

fn main() {
    let total = Arc::new(Mutex::new(0u64));
    let (tx, rx) = mpsc::channel();
    let threads: Vec<_> = (0..16u64)
        .map(|i| {
            let total = Arc::clone(&total);
            let tx = tx.clone();
            thread::spawn(move || {
                for j in 0..10_000u64 {
                    *total.lock().unwrap() += j ^ i;
                }
                tx.send(i).unwrap();
            })
        })
        .collect();
    drop(tx);
    for t in threads {
        t.join().unwrap();
    }
    let mut seen: Vec<u64> = rx.iter().collect();
    seen.sort();
    println!("{} {:?}", total.lock().unwrap(), seen);

    let caught = std::panic::catch_unwind(|| {
        let none: Vec<i32> = vec![];
        none[std::env::args().count()]
    });
    println!("caught: {}", caught.is_err());

    let child = Command::new("/bin/busybox").args(["echo", "child"]).output();
    println!("{:?}", child.map(|o| String::from_utf8(o.stdout).unwrap()));
    std::process::exit(6);
}
