//! How much memory values take.

use std::mem::size_of;

/// What an allocation of so many bytes costs: glibc's allocator on 64 bits, which others are like.
pub const fn allocated(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        1..=24 => 32,
        _ => (bytes + 8).next_multiple_of(16),
    }
}

/// The allocation of a list with room for so many items.
pub(super) const fn list<T>(capacity: usize) -> usize {
    allocated(capacity * size_of::<T>())
}

/// The allocations of a `BTreeMap`: nodes of eleven entries, about half of them used.
pub(super) const fn tree<K, V>(length: usize) -> usize {
    const ROOM: usize = 11;
    let nodes = if length <= ROOM { length.div_ceil(ROOM) } else { length.div_ceil(6) };
    nodes * allocated(ROOM * (size_of::<K>() + size_of::<V>()) + 32)
}

/// The allocation of a `HashMap` with room for so many entries: a power of two places, seven eighths of them used.
pub(super) const fn table<K, V>(capacity: usize) -> usize {
    if capacity == 0 {
        return 0;
    }
    allocated((capacity * 8 / 7).next_power_of_two() * (size_of::<(K, V)>() + 1) + 16)
}
