//! Counts what asks for memory. Each thread counts in a place of its own, with a plain addition, so that counting does
//! not slow down those who allocate.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// More than there are threads at a time; a place is given again when all others were given.
const PLACES: usize = 1024;

#[repr(align(64))]
struct Place(AtomicU64);

static COUNTS: [Place; PLACES] = [const { Place(AtomicU64::new(0)) }; PLACES];
static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static OWN: Cell<Option<&'static AtomicU64>> = const { Cell::new(None) };
}

fn own_count() -> &'static AtomicU64 {
    OWN.with(|own| {
        own.get().unwrap_or_else(|| {
            let place = &COUNTS[NEXT.fetch_add(1, Relaxed) % PLACES].0;
            own.set(Some(place));
            place
        })
    })
}

fn count_one() {
    let count = own_count();
    count.store(count.load(Relaxed) + 1, Relaxed);
}

/// By all threads, since the program began.
pub fn so_far() -> u64 {
    COUNTS.iter().map(|place| place.0.load(Relaxed)).sum()
}

pub struct Counting;

// SAFETY: all is done by the system's allocator; what is done besides does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_one();
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count_one();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count_one();
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}
