import type { UsageEdgeKind } from './usage.ts'

/** Takes one edge of the file that is looked at. */
export type AddEdge = (kind: UsageEdgeKind, certain: boolean, path: string, proof?: string) => void
