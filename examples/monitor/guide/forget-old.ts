import type { MonitorState } from '@sallyport/monitor'

/** Forgets events that were judged, and alerts that were over, 90 days ago. Run it once a day. */
export async function forgetOld(state: MonitorState, now: Date): Promise<number> {
  return await state.prune({ before: new Date(now.getTime() - 90 * 86_400_000) })
}
