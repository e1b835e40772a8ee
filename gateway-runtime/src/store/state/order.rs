//! The order of the keys, brought up to date.

use std::cmp::Ordering;

/// Which slots went from their places in the order and which are new to it.
pub(super) struct Changes {
    pub(super) gone: Vec<u32>,
    pub(super) fresh: Vec<u32>,
}

/// The order without the slots that went and with those that are new. A slot may be both, when it was given to
/// another key.
///
/// A few new slots cost a few comparisons each and a copy of the order; nothing is sorted anew.
pub(super) fn updated(
    order: &[u32],
    Changes { gone, fresh }: Changes,
    slots: usize,
    prefix: impl Fn(u32) -> u128,
    mut compare: impl FnMut(u32, u32) -> Ordering,
) -> Vec<u32> {
    let kept: Vec<u32>;
    let order = if gone.is_empty() {
        order
    } else {
        let mut is_gone = vec![false; slots];
        for slot in gone {
            is_gone[slot as usize] = true;
        }
        kept = order.iter().copied().filter(|slot| !is_gone[*slot as usize]).collect();
        &kept
    };
    // The first read of a large table sorts all of it. What is looked at is next to each other, mostly.
    let mut fresh: Vec<(u128, u32)> = fresh.into_iter().map(|slot| (prefix(slot), slot)).collect();
    fresh.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| compare(a.1, b.1)));
    let mut merged = Vec::with_capacity(order.len() + fresh.len());
    let mut rest = order;
    for (_, slot) in fresh {
        let at = gallop(rest, |other| compare(other, slot).is_lt());
        merged.extend_from_slice(&rest[..at]);
        merged.push(slot);
        rest = &rest[at..];
    }
    merged.extend_from_slice(rest);
    merged
}

/// How many slots at the start are before: cheap when they are few, and a binary search when they are many.
fn gallop(slots: &[u32], mut is_before: impl FnMut(u32) -> bool) -> usize {
    let (mut low, mut step) = (0, 1);
    while let Some(&slot) = slots.get(low + step - 1) {
        if !is_before(slot) {
            break;
        }
        low += step;
        step *= 2;
    }
    let high = slots.len().min(low + step - 1);
    low + slots[low..high].partition_point(|&slot| is_before(slot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_order_is_what_sorting_would_give(
            order in prop::collection::btree_set(0_u32..200, 0..100),
            gone in prop::collection::btree_set(0_u32..200, 0..50),
            fresh in prop::collection::btree_set(0_u32..200, 0..50),
        ) {
            let gone: Vec<u32> = gone.intersection(&order).copied().collect();
            let left: Vec<u32> = order.iter().copied().filter(|slot| !gone.contains(slot)).collect();
            let fresh: Vec<u32> = fresh.into_iter().filter(|slot| !left.contains(slot)).collect();
            let mut expected = [left, fresh.clone()].concat();
            expected.sort_unstable();
            let order: Vec<u32> = order.into_iter().collect();
            let shuffled = fresh.into_iter().rev().collect();
            let found = updated(&order, Changes { gone, fresh: shuffled }, 200, |slot| u128::from(slot / 7), |a, b| a.cmp(&b));
            prop_assert_eq!(found, expected);
        }
    }
}
