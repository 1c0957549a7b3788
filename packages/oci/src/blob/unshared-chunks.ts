const unshared = new WeakSet<AsyncIterator<Uint8Array>>()

/** Marks a reading whose chunks nobody but its reader gets to see. */
export function markUnshared<Reading extends AsyncIterator<Uint8Array>>(reading: Reading): Reading {
  unshared.add(reading)
  return reading
}

/** Whether nobody else holds the chunks of a reading, so that their memory may be used again after them. */
export function isUnshared(reading: AsyncIterator<Uint8Array>): boolean {
  return unshared.has(reading)
}

/** Marks a reading that hands on the chunks of another one, if that one is marked. */
export function passUnshared<Reading extends AsyncIterator<Uint8Array>>(
  from: AsyncIterator<Uint8Array>,
  to: Reading,
): Reading {
  return isUnshared(from) ? markUnshared(to) : to
}
