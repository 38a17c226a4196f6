//! Scenario l: contexts are captured on one thread, and used on another.

use crate::contestant::Lines;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

const BATCH: usize = 1000;
const BATCHES: usize = 2; // one is filled while the other is used

/// Gives `measure` the function that has so many contexts captured on the calling thread and used on a partner, which
/// is there before. `prepare` and `tidy` are the partner's first and last doing.
pub fn hand_over<T: Send>(
    capture: impl Fn() -> T,
    prepare: impl FnOnce() + Send,
    enter: impl Fn(T) + Send,
    tidy: impl FnOnce() + Send,
    measure: &mut dyn FnMut(Lines),
) {
    let (fill, filled) = channel();
    let (give_back, empty) = channel();
    for _ in 0..BATCHES {
        give_back.send(Vec::with_capacity(BATCH)).expect("its receiver is here");
    }
    thread::scope(|scope| {
        scope.spawn(move || {
            prepare();
            use_all(&filled, &give_back, enter);
            tidy();
        });
        measure(&|count| {
            capture_all(count, &capture, &fill, &empty);
            wait_for_partner(&fill, &empty);
        });
        drop(fill);
    });
}

fn use_all<T>(filled: &Receiver<Vec<T>>, give_back: &Sender<Vec<T>>, enter: impl Fn(T)) {
    for mut batch in filled {
        batch.drain(..).for_each(&enter);
        let _ = give_back.send(batch); // nobody waits for the last ones
    }
}

fn capture_all<T>(count: usize, capture: impl Fn() -> T, fill: &Sender<Vec<T>>, empty: &Receiver<Vec<T>>) {
    let mut left = count;
    while left > 0 {
        let length = left.min(BATCH);
        let mut batch = empty.recv().expect("the partner gives them back");
        batch.extend((0..length).map(|_| capture()));
        fill.send(batch).expect("the partner is there");
        left -= length;
    }
}

/// The partner is done when it has given back all batches; they go round once more for the next time.
fn wait_for_partner<T>(fill: &Sender<Vec<T>>, empty: &Receiver<Vec<T>>) {
    let batches: Vec<Vec<T>> = empty.iter().take(BATCHES).collect();
    for batch in batches {
        fill.send(batch).expect("the partner is there");
    }
}
