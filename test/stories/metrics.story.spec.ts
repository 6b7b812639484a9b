import { sample } from '../support/samples';
import { TestApp } from '../support/test-app';

describe('the metrics', () => {
  let app: TestApp;
  const port = 20_000 + (process.pid % 20_000);
  beforeAll(async () => {
    app = await TestApp.start({ env: { METRICS_PORT: String(port) } });
  });
  afterAll(() => app.stop());

  it('count what was taken, refused and measured, on a port of their own', async () => {
    await app.post(sample('platform-metric-heartbeat-fired'));
    await app.post(sample('platform-metric-heartbeat-fired'));
    await app.post(sample('legacy/classic-metric-alert-fired'));
    await app.call('POST', '/api/v1/webhooks/azure-monitor', { as: app.token('Viewer'), body: {} });
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    for (const line of [
      'secure_export_deliveries_total{outcome="created"} 1',
      'secure_export_deliveries_total{outcome="duplicate"} 1',
      'secure_export_deliveries_total{outcome="rejected"} 1',
      'secure_export_auth_rejected_total{reason="user_token"} 1',
      'secure_export_auth_limited_total 0',
      'secure_export_ingest_queue_depth 0',
      'process_resident_memory_bytes',
      'secure_export_http_request_duration_seconds_count{method="POST",route="/api/v1/webhooks/azure-monitor",status="200"} 2',
    ]) {
      expect(text).toContain(line);
    }
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect((await app.call('GET', '/metrics')).status).toBe(401);
  });
});
