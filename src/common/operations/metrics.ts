import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** One number, or one for each value of the label; null = not known now, and then it is left out. */
type Reading = number | Iterable<readonly [labelValue: string, value: number]> | null;

/** A value that is read when the metrics are asked for. */
export interface ReadMetric {
  name: string;
  help: string;
  kind: 'counter' | 'gauge';
  label?: string;
  read: () => Reading | Promise<Reading>;
}

/** The Prometheus metrics of this process. Modules count in plain numbers and say here how to read them. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: 'secure_export_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  readonly contentType = this.registry.contentType;

  render(): Promise<string> {
    return this.registry.metrics();
  }

  /** Adds a metric that is read on demand. */
  expose({ name, help, kind, label, read }: ReadMetric): void {
    const labelNames = label === undefined ? [] : [label];
    const registers = [this.registry];
    if (kind === 'gauge') {
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect: async function () {
          refill(this, { reading: await read(), label }, (labels, value) => this.set(labels, value));
        },
      });
      return;
    }
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect: async function () {
        refill(this, { reading: await read(), label }, (labels, value) => this.inc(labels, value));
      },
    });
  }

  request({
    method,
    route,
    status,
    seconds,
  }: {
    method: string;
    route: string;
    status: number;
    seconds: number;
  }): void {
    this.requests.observe({ method, route, status }, seconds);
  }
}

/** In one step, so that two who ask at once don't count twice. A metric without a label is 0 by its reset, and is left out by its removal alone. */
function refill(
  metric: Pick<Gauge | Counter, 'reset' | 'remove'>,
  { reading, label }: { reading: Reading; label: string | undefined },
  put: (labels: Record<string, string>, value: number) => void,
): void {
  metric.reset();
  if (typeof reading === 'number') put({}, reading);
  else if (reading !== null) for (const [labelValue, value] of reading) put({ [label ?? 'kind']: labelValue }, value);
  else if (label === undefined) metric.remove();
}
