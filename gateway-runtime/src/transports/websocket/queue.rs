//! What waits for a client to take it: so many frames, and so many bytes of them.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Frames that wait; all else waits in the rings of the channels.
pub(super) const FRAMES: usize = 64;

/// What they may take. A larger frame waits alone.
const BYTES: u32 = 256 * 1024;

/// A frame, and its part of the bytes.
pub(super) type Queued = (Utf8Bytes, OwnedSemaphorePermit);

/// The sending side. Clones send to the same client.
#[derive(Clone)]
pub(super) struct Queue {
    frames: mpsc::Sender<Queued>,
    bytes: Arc<Semaphore>,
}

/// The client is gone.
pub(super) struct Gone;

/// An empty queue.
pub(super) fn queue() -> (Queue, mpsc::Receiver<Queued>) {
    let (frames, queued) = mpsc::channel(FRAMES);
    (Queue { frames, bytes: Arc::new(Semaphore::new(BYTES as usize)) }, queued)
}

impl Queue {
    /// Waits until there is room for the frame.
    pub(super) async fn send(&self, frame: Utf8Bytes) -> Result<(), Gone> {
        let bytes = u32::try_from(frame.len()).unwrap_or(BYTES).min(BYTES);
        let room = Arc::clone(&self.bytes).acquire_many_owned(bytes).await.map_err(|_| Gone)?;
        self.frames.send((frame, room)).await.map_err(|_| Gone)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn large_frames_wait_for_each_other_and_none_waits_for_ever() {
        let (queue, mut queued) = queue();
        let send = |size: usize| queue.send("x".repeat(size).into());
        assert!(send(200_000).await.is_ok());
        let mut large = Box::pin(send(100_000));
        assert!(timeout(Duration::from_millis(20), &mut large).await.is_err(), "there is room for both");
        drop(queued.recv().await);
        assert!(large.await.is_ok());
        drop(queued.recv().await);
        assert!(send(10_000_000).await.is_ok(), "what is larger than all of the room takes all of it");
    }
}
