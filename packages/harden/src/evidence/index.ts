export { bindEvidence } from './bind-evidence.ts'
export type {
  ContainerSelection,
  EvidenceLimits,
  EvidenceSource,
  ReadEvidenceOptions,
} from './evidence-source.ts'
export { readFalco } from './read-falco.ts'
export { readFatrace } from './read-fatrace.ts'
export { readInspektorGadget, type ReadInspektorGadgetOptions } from './read-inspektor-gadget.ts'
export { readKubescape } from './read-kubescape.ts'
export { readMint } from './read-mint.ts'
export { readOpensnoop, type ReadOpensnoopOptions } from './read-opensnoop.ts'
export { readStrace, type ReadStraceOptions } from './read-strace.ts'
export { readTetragon, type ReadTetragonOptions } from './read-tetragon.ts'
export { coverageOf, type TraceCoverage, type TraceOnlyOptions } from './trace-coverage.ts'
export type { EvidenceGap, EvidenceOperation, EvidenceRecord, UsageEvidence } from './usage-evidence.ts'
