export { loadRego, type LoadRegoOptions } from './load-rego.ts'
export type { RegoRule } from './rego-rule-kind.ts'
