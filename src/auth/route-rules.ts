import { Injectable, RequestMethod, type OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ACCESS_RULE, type AccessRule } from './decorators';

type Controller = abstract new (...dependencies: never[]) => object;
type Method = (...values: never[]) => unknown;

/**
 * The access rule of each route, found by what Fastify knows of a request before its body is read: method and path. It
 * knows nothing of Nest's prefixes, versions and hosts, which this service has none of; the rule of a route that is not
 * found here is found by the guard, later.
 */
@Injectable()
export class RouteRules implements OnModuleInit {
  private readonly rules = new Map<string, AccessRule>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    for (const { metatype } of this.discovery.getControllers()) this.add(metatype as Controller);
  }

  /** undefined: there is no such route, or it is not found. */
  ruleOf({ method, routeOptions }: FastifyRequest): AccessRule | undefined {
    return this.rules.get(`${method === 'HEAD' ? 'GET' : method} ${routeOptions.url ?? ''}`);
  }

  /** The methods that are served at the path of a request, in the order of the alphabet; none: there is nothing. */
  methodsAt({ url }: Pick<FastifyRequest, 'url'>): string[] {
    const path = segmentsOf(url.replace(/[?#].*$/s, ''));
    const served = [...this.rules.keys()].flatMap((route) => {
      const [method, pattern] = route.split(' ') as [string, string];
      return fits(path, segmentsOf(pattern)) ? [method] : [];
    });
    return [...new Set(served.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].sort();
  }

  private add(controller: Controller): void {
    const prototype = controller.prototype as Record<string, Method>;
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const method = prototype[name] as Method;
      const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [method, controller]);
      if (rule === undefined) continue;
      for (const route of routesOf(controller, method)) this.rules.set(route, rule);
    }
  }
}

/** A method that serves no route has none. */
function routesOf(controller: Controller, method: Method): string[] {
  const verb = Reflect.getMetadata(METHOD_METADATA, method) as RequestMethod | undefined;
  if (verb === undefined) return [];
  const [outer, inner] = [pathsOf(controller), pathsOf(method)];
  return outer.flatMap((start) => inner.map((end) => `${RequestMethod[verb]} ${joined(start, end)}`));
}

function pathsOf(target: object): string[] {
  return [Reflect.getMetadata(PATH_METADATA, target) as string | string[]].flat();
}

function joined(...paths: string[]): string {
  const parts = paths.flatMap((path) => path.split('/')).filter((part) => part !== '');
  return `/${parts.join('/')}`;
}

/** Slashes too many make no segments. */
function segmentsOf(path: string): string[] {
  return path
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '')
    .split('/');
}

/** As Fastify finds a route, but for escapes in what is no parameter. */
function fits(path: readonly string[], pattern: readonly string[]): boolean {
  const fitsAt = (part: string, index: number): boolean =>
    part.startsWith(':') ? path[index] !== '' : path[index] === part;
  return path.length === pattern.length && pattern.every(fitsAt);
}
