/** An object of Kubernetes, as it stands in a manifest. */
export interface KubernetesObject {
  /** Group and version of the API, such as `apps/v1`. */
  readonly apiVersion: string
  /** Kind, such as `Deployment`. */
  readonly kind: string
  /** Name, and where the object belongs. */
  readonly metadata: {
    readonly name: string
    readonly namespace?: string | undefined
    readonly labels?: Readonly<Record<string, string>> | undefined
    readonly annotations?: Readonly<Record<string, string>> | undefined
  }
  /** What else its kind has, such as `spec`. */
  readonly [field: string]: unknown
}
