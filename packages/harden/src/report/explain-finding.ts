import type { KeptFinding } from './harden-document.schema.ts'

const reasons: Readonly<Record<KeptFinding['block'], string>> = {
  'needed-executed': 'was seen to run',
  'needed-linked': 'is needed for certain',
  'needed-possible': 'may be needed',
  'needed-by-policy': 'is not reached, but protected',
  'needed-by-dependency': 'is not reached, but a package that stays depends on it',
  'unowned-binary': 'belongs to a file that no package holds',
  'db-not-editable': 'can not be taken out',
  unused: 'is not used, and was not removed',
}

/** One paragraph about a finding that is still there: why, by which chain, and what would let it go. */
export function explainFinding(kept: KeptFinding): string {
  const { id, severity, package: name, version, block, detail, usage, chain, fix, fixDetail, remedies } = kept
  const because = `${id} (${severity}) stays because ${name} ${version} ${reasons[block]}${detail === undefined ? '' : `: ${detail}`} [${usage}].`
  const how = chain.length === 0 ? '' : ` It is reached so: ${chain.join('; ')}.`
  const fixes: Readonly<Record<KeptFinding['fix'], string>> = {
    'patched-available': ` A fix is known: ${fixDetail}.`,
    'no-fix-available': ' No fix is known.',
    'fix-refused': ` A fix was not applied: ${fixDetail}.`,
  }
  return `${because}${how}${fixes[fix]} What would let it go: ${remedies.join(', or ')}.`
}
