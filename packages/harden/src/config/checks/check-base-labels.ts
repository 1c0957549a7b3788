import type { CheckContext, CheckFinding } from '../check-context.ts'

const prefix = 'org.opencontainers.image.base'

/** Whether labels name the image that this one is made of (OCI image specification, annotations.md). */
export function checkBaseLabels({
  config,
  options: { base },
}: CheckContext): readonly CheckFinding[] | { readonly notApplicable: string } {
  if (base === undefined) return { notApplicable: 'no base image was named' }
  const labels = config.config?.Labels ?? {}
  const wanted = {
    [`${prefix}.digest`]: base.digest,
    ...(base.name ? { [`${prefix}.name`]: base.name } : {}),
  }
  // A user's own label says what the user wants it to say.
  if (Object.keys(wanted).some((name) => Object.hasOwn(labels, name))) return []
  return [
    {
      subject: Object.keys(wanted).join(', '),
      detail: 'labels that name the image this one is made of',
      changes: [
        {
          change: 'config',
          edit: (edited) => ({
            ...edited,
            config: { ...edited.config, Labels: { ...edited.config?.Labels, ...wanted } },
          }),
        },
      ],
    },
  ]
}
