import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';

/*
 * `node:crypto` reads certificates but makes none. What a local TLS server needs of X.509 (RFC 5280) is small: a handful
 * of DER values (ITU-T X.690), each a tag, a length and its content.
 */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
};
const OBJECT_ID = {
  commonName: [2, 5, 4, 3],
  subjectAltName: [2, 5, 29, 17],
  basicConstraints: [2, 5, 29, 19],
  ecdsaWithSha256: [1, 2, 840, 10045, 4, 3, 2],
};
const DAY_MS = 86_400_000;

/** A TLS server's certificate with its key, and the CA that vouches for it; all PEM. */
export interface ServerCertificate {
  caPem: string;
  certificatePem: string;
  keyPem: string;
}

/** A new CA and a certificate by it for these host names and IPv4 addresses, good for a week. Its keys are in memory only. */
export function createServerCertificate(hosts: readonly string[]): ServerCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authorityName = 'secure-export local issuer CA';
  const common = { issuer: authorityName, issuerKey: authority.privateKey };
  const ca = certificate({
    ...common,
    subject: authorityName,
    publicKey: authority.publicKey,
    extension: certificateAuthority(),
  });
  const leaf = certificate({
    ...common,
    subject: 'secure-export local issuer',
    publicKey: server.publicKey,
    extension: alternativeNames(hosts),
  });
  return {
    caPem: pem(ca),
    certificatePem: pem(leaf),
    keyPem: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

interface CertificateContent {
  subject: string;
  issuer: string;
  issuerKey: KeyObject;
  publicKey: KeyObject;
  extension: Buffer;
}

/** RFC 5280, 4.1: Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }. */
function certificate(content: CertificateContent): Buffer {
  const algorithm = der(TAG.sequence, objectId(OBJECT_ID.ecdsaWithSha256));
  const toBeSigned = der(
    TAG.sequence,
    der(explicit(0), der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, Buffer.from([0x01, ...randomBytes(15)])),
    algorithm,
    distinguishedName(content.issuer),
    der(TAG.sequence, utcTime(Date.now() - DAY_MS), utcTime(Date.now() + 7 * DAY_MS)),
    distinguishedName(content.subject),
    content.publicKey.export({ type: 'spki', format: 'der' }),
    der(explicit(3), der(TAG.sequence, content.extension)),
  );
  return der(TAG.sequence, toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, content.issuerKey)));
}

function certificateAuthority(): Buffer {
  const isAuthority = der(TAG.sequence, der(TAG.boolean, Buffer.from([0xff])));
  const critical = der(TAG.boolean, Buffer.from([0xff]));
  return der(TAG.sequence, objectId(OBJECT_ID.basicConstraints), critical, der(TAG.octetString, isAuthority));
}

/** GeneralName ::= [2] a DNS name, or [7] the four bytes of an IPv4 address. */
function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host, 'ascii')),
  );
  return der(TAG.sequence, objectId(OBJECT_ID.subjectAltName), der(TAG.octetString, der(TAG.sequence, ...names)));
}

function distinguishedName(commonName: string): Buffer {
  const attribute = der(TAG.sequence, objectId(OBJECT_ID.commonName), der(TAG.utf8String, Buffer.from(commonName)));
  return der(TAG.sequence, der(TAG.set, attribute));
}

/** YYMMDDHHMMSSZ. */
function utcTime(time: number): Buffer {
  const digits = new Date(time).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(TAG.utcTime, Buffer.from(`${digits}Z`));
}

function bitString(content: Buffer): Buffer {
  return der(TAG.bitString, Buffer.from([0]), content);
}

function explicit(number: number): number {
  return 0xa0 + number;
}

/** The first two arcs share a byte; the others are base 128, the high bit says "more follows". */
function objectId([first = 0, second = 0, ...others]: readonly number[]): Buffer {
  return der(TAG.objectId, Buffer.from([first * 40 + second, ...others.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), derLength(content.length), content]);
}

/** Below 128 in one byte; else a byte that counts the bytes of the length. */
function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function pem(content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
