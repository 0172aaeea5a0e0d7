/** The camera: asking for it, and what it was like when it said no. */

/** Why there is no picture. */
export type CameraReason = 'refused' | 'none' | 'busy' | 'insecure' | 'failed'

export type Camera = {
  stream: MediaStream
  /** Turns the lamp on or off; nothing on a camera without one. */
  torch?: (on: boolean) => Promise<void>
  close(): void
}

/** The back camera if there is one. Answers with a reason instead of throwing. */
export async function openCamera(): Promise<Camera | CameraReason> {
  if (!navigator.mediaDevices?.getUserMedia) return 'insecure'
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } },
    })
    return camera(stream)
  } catch (thrown) {
    return reasonOf(thrown)
  }
}

function camera(stream: MediaStream): Camera {
  const [track] = stream.getVideoTracks()
  const close = () => {
    for (const each of stream.getTracks()) each.stop()
  }
  // `torch` is in the Image Capture draft, not in the DOM's types.
  const able = track?.getCapabilities?.() as { torch?: boolean } | undefined
  if (!track || !able?.torch) return { stream, close }
  const torch = (on: boolean) => track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] })
  return { stream, torch, close }
}

function reasonOf(thrown: unknown): CameraReason {
  const name = thrown instanceof DOMException ? thrown.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none'
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy'
  return 'failed'
}
