import { formatBytes } from '@sallyport/core'
import { barChart, type ChartPart, type Html, markup } from '@sallyport/policy/report'
import type { LayerChange } from '../promote/pair-layers.ts'

type LayerPart = 'before' | 'after' | 'unchanged' | 'new'

const parts: readonly ChartPart<LayerPart>[] = [
  { name: 'before', tone: 'faint' },
  { name: 'after', tone: 'good' },
  { name: 'unchanged', tone: 'link' },
  { name: 'new', tone: 'warn' },
]

/** Most layers in a chart. */
const maxLayers = 40

/** Stored size of each layer of an image, before and after hardening. */
export function layerChart(platform: string, layers: readonly LayerChange[]): Html {
  const sum = (side: 'before' | 'after') =>
    layers.reduce((total, layer) => total + (layer[side]?.bytes ?? 0), 0)
  const rest = layers.length - maxLayers
  return markup`<section>
    <h3>${platform}: ${formatBytes(sum('before'))} → ${formatBytes(sum('after'))}</h3>
    ${barChart({
      label: `Size by layer, ${platform}`,
      parts,
      bars: layers.slice(0, maxLayers).map((layer, index) => describeLayer(layer, index + 1)),
      format: formatBytes,
    })}
    ${rest > 0 && markup`<p class="quiet">… and ${rest} more</p>`}
  </section>`
}

function describeLayer({ before, after }: LayerChange, number: number) {
  const shown = after ?? before
  const label = markup`Layer ${number} <code class="quiet">${shown?.digest.slice(0, 19)}</code>`
  const track = (name: LayerPart, bytes: number) => ({ counts: new Map([[name, bytes]]) })
  if (before && after && before.digest === after.digest)
    return { label, value: formatBytes(after.bytes), tracks: [track('unchanged', after.bytes)] }
  const [from, to] = [
    before ? formatBytes(before.bytes) : 'new',
    after ? formatBytes(after.bytes) : 'nothing left',
  ]
  return {
    label,
    value: `${from} → ${to}`,
    tracks: [
      ...(before ? [track('before', before.bytes)] : []),
      ...(after ? [track(before ? 'after' : 'new', after.bytes)] : []),
    ],
  }
}
