import { type ChartPart, type ChartTone, toneStyle } from '@sallyport/policy/report'
import { type ClassGroup, groupNames } from '../class-order.ts'

const tones: Readonly<Record<ClassGroup, ChartTone>> = {
  'not judged': 'faint',
  'not trusted': 'bad',
  'not decided': 'warn',
  'fails today': 'mark',
  incomplete: 'link',
  compliant: 'good',
}

/** Parts of the charts of an audit, worst first. */
export const groupParts: readonly ChartPart<ClassGroup>[] = groupNames.map((name) => ({
  name,
  tone: tones[name],
}))

/** Name of the style of a group. */
export const groupStyle = (group: ClassGroup): string => toneStyle(tones[group])
