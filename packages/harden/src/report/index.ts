export { describeHardening, type DescribeHardeningInput, type ScannedImage } from './describe-hardening.ts'
export { explainFinding } from './explain-finding.ts'
export type { FixRefusal } from './explain-kept.ts'
export { type HardenDocument, type KeptFinding, parseHardenDocument } from './harden-document.schema.ts'
export { parsePlanDocument, type PlanDocument, toPlanDocument } from './plan-document.ts'
export {
  hardeningBuildType,
  provenanceOfHardening,
  type ProvenanceOfHardeningInput,
} from './provenance-of-hardening.ts'
export { renderMarkdown, type RenderMarkdownOptions } from './render-markdown.ts'
export { renderTree, type RenderTreeOptions } from './render-tree.ts'
export { vexOfHardening, type VexOfHardeningInput } from './vex-of-hardening.ts'
