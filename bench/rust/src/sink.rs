//! Where lines go that are not asynchronous: each thread has an output of its own, so that nothing needs a lock.

use std::cell::{Cell, RefCell};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

thread_local! {
    static FILE: RefCell<Option<Arc<File>>> = const { RefCell::new(None) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

static COLLECTED: AtomicU64 = AtomicU64::new(0);

pub fn open_to_append(path: &str) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|error| io::Error::other(format!("{path}: {error}")))
}

/// The output of whichever thread writes: counts the bytes, and passes them on, if there is a file.
#[derive(Clone, Copy)]
pub struct ThreadOutput;

impl ThreadOutput {
    /// For the calling thread. Without a file, bytes are only counted.
    pub fn set(file: Option<Arc<File>>) {
        FILE.set(file);
        BYTES.set(0);
    }

    /// Adds what the calling thread counted to what all did.
    pub fn collect() {
        COLLECTED.fetch_add(BYTES.take(), Relaxed);
        FILE.set(None);
    }

    /// The bytes of all threads since this was last asked.
    pub fn take_collected() -> u64 {
        COLLECTED.swap(0, Relaxed)
    }
}

impl Write for ThreadOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        BYTES.set(BYTES.get() + bytes.len() as u64);
        FILE.with_borrow(|file| match file {
            Some(file) => (&**file).write(bytes),
            None => Ok(bytes.len()),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
