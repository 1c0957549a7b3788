import { AsnConvert, AsnUtf8StringConverter } from '@peculiar/asn1-schema'
import {
  type Extension,
  GeneralName,
  id_ce_subjectAltName,
  OtherName,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509'
import { toArrayBuffer } from '../der.ts'
import { extension, serialize } from './build-certificate.ts'

/** Whom a certificate of Fulcio names: one subject alternative name. */
export type CertificateSubject =
  | { readonly email: string }
  | { readonly uri: string }
  /** A user name of a domain, `name!domain`. */
  | { readonly username: string }

/** What a certificate of Fulcio says of who signs. */
export interface CertificateIdentity {
  /** Whom it names. */
  readonly subject: CertificateSubject
  /** URL of the OIDC issuer. */
  readonly issuer: string
  /** What else is known of a workflow. */
  readonly extensions?: WorkflowExtensions | undefined
}

/** Names of Fulcio's extensions, as its documentation of OIDs has them. */
export type WorkflowExtensionName =
  | 'githubWorkflowTrigger'
  | 'githubWorkflowSha'
  | 'githubWorkflowName'
  | 'githubWorkflowRepository'
  | 'githubWorkflowRef'
  | 'buildSignerUri'
  | 'buildSignerDigest'
  | 'runnerEnvironment'
  | 'sourceRepositoryUri'
  | 'sourceRepositoryDigest'
  | 'sourceRepositoryRef'
  | 'sourceRepositoryIdentifier'
  | 'sourceRepositoryOwnerUri'
  | 'sourceRepositoryOwnerIdentifier'
  | 'buildConfigUri'
  | 'buildConfigDigest'
  | 'buildTrigger'
  | 'runInvocationUri'
  | 'sourceRepositoryVisibilityAtSigning'
  | 'deploymentEnvironment'
  | 'tokenSubject'

/** Values of Fulcio's extensions. */
export type WorkflowExtensions = { readonly [name in WorkflowExtensionName]?: string | undefined }

const fulcioArc = '1.3.6.1.4.1.57264.1'

// The last number of the OID, in Fulcio's order. 1 to 6 are the old ones, whose value is the text itself instead of DER.
const fulcioOids: Readonly<Record<WorkflowExtensionName | 'oldIssuer' | 'issuer', number>> = {
  oldIssuer: 1,
  githubWorkflowTrigger: 2,
  githubWorkflowSha: 3,
  githubWorkflowName: 4,
  githubWorkflowRepository: 5,
  githubWorkflowRef: 6,
  issuer: 8,
  buildSignerUri: 9,
  buildSignerDigest: 10,
  runnerEnvironment: 11,
  sourceRepositoryUri: 12,
  sourceRepositoryDigest: 13,
  sourceRepositoryRef: 14,
  sourceRepositoryIdentifier: 15,
  sourceRepositoryOwnerUri: 16,
  sourceRepositoryOwnerIdentifier: 17,
  buildConfigUri: 18,
  buildConfigDigest: 19,
  buildTrigger: 20,
  runInvocationUri: 21,
  sourceRepositoryVisibilityAtSigning: 22,
  deploymentEnvironment: 23,
  tokenSubject: 24,
}

/** The extensions by which a certificate names who signs. */
export function identityExtensions({ subject, issuer, extensions = {} }: CertificateIdentity): Extension[] {
  const values = { ...extensions, oldIssuer: issuer, issuer }
  const alternativeName = serialize(new SubjectAlternativeName([generalName(subject)]))
  return [
    // The subject's name is empty, so this one is critical (RFC 5280, section 4.2.1.6).
    extension(id_ce_subjectAltName, alternativeName, true),
    ...Object.entries(fulcioOids).flatMap(([name, number]) => {
      const value = values[name as keyof typeof fulcioOids]
      if (value === undefined) return []
      return [extension(`${fulcioArc}.${number}`, number < 7 ? Buffer.from(value) : derText(value))]
    }),
  ]
}

function generalName(subject: CertificateSubject): GeneralName {
  if ('email' in subject) return new GeneralName({ rfc822Name: subject.email })
  if ('uri' in subject) return new GeneralName({ uniformResourceIdentifier: subject.uri })
  const value = toArrayBuffer(derText(subject.username))
  return new GeneralName({ otherName: new OtherName({ typeId: `${fulcioArc}.7`, value }) })
}

const derText = (text: string): Buffer =>
  Buffer.from(AsnConvert.serialize(AsnUtf8StringConverter.toASN(text)))
