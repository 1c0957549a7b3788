import type { UsageEdge } from '../usage/usage.ts'

/** What recordings say of the files of an image, strongest first. */
export interface TracedFiles {
  /** Programs that ran, and what runs them. */
  readonly executed: ReadonlyMap<string, UsageEdge>
  /** Libraries and modules that were loaded. */
  readonly loaded: ReadonlyMap<string, UsageEdge>
  /** Other files that were opened or looked at. */
  readonly opened: ReadonlyMap<string, UsageEdge>
  /** How many records are of files of the image. */
  readonly matched: number
}
