import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
/** What one method does at one path. */
export type Operation = NonNullable<PathItem['get']>;
/** One answer of it. */
export type Response = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** A document with other operations. Public ones stay: they are a probe's, and what they answer is their own affair. */
export function mapOperations(document: OpenAPIObject, map: (operation: Operation) => Operation): OpenAPIObject {
  const paths = mapValues(document.paths, (item) => {
    const operations = METHODS.flatMap((method) => (item[method] ? [[method, item[method]] as const] : []));
    const changed = operations.map(([method, each]) => [method, each.security === undefined ? each : map(each)]);
    return { ...item, ...(Object.fromEntries(changed) as PathItem) };
  });
  return { ...document, paths };
}

/** A record with other values under the same names. */
export function mapValues<T, U>(record: Record<string, T>, map: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
