import { DEFAULT_RETENTION_DAYS, retentionDaysOf } from './retention-days.rules';

describe('how long data is kept', () => {
  it('is as agreed where nothing is said', () => {
    expect(retentionDaysOf('')).toEqual({
      days: { 'delivery-bodies': 30, deliveries: 90, 'auth-rejections': 180, 'audit-events': 400, alerts: 396 },
      problems: [],
    });
  });

  it('is said by class, in days or for ever', () => {
    const { days, problems } = retentionDaysOf(' delivery-bodies=1, audit-events = never,alerts=36500,');
    expect(problems).toEqual([]);
    expect(days).toEqual({ ...DEFAULT_RETENTION_DAYS, 'delivery-bodies': 1, 'audit-events': null, alerts: 36_500 });
  });

  it.each([
    ['deliveries'],
    ['deliveries='],
    ['deliveries=0'],
    ['deliveries=-1'],
    ['deliveries=1.5'],
    ['deliveries=36501'],
    ['deliveries=soon'],
    ['work-items=90'],
    ['90'],
    ['constructor=90'],
  ])('is refused as %s, with what it must be', (text) => {
    expect(retentionDaysOf(text).problems).toEqual([
      `"${text}" must be CLASS=DAYS (1 to 36500) or CLASS=never, with one of delivery-bodies, deliveries, auth-rejections, audit-events, alerts`,
    ]);
  });

  it('is refused where a class is named twice', () => {
    expect(retentionDaysOf('alerts=400,alerts=never').problems).toEqual(['names alerts twice']);
  });

  it.each([
    ['alerts=89', '89 days only, while their deliveries are kept for 90 days'],
    ['deliveries=397', '396 days only, while their deliveries are kept for 397 days'],
    ['deliveries=never', '396 days only, while their deliveries are never removed'],
  ])('is refused as %s: an alert has to outlive its deliveries', (text, told) => {
    expect(retentionDaysOf(text).problems).toEqual([expect.stringContaining(told)]);
  });

  it.each(['alerts=90', 'alerts=never', 'alerts=never,deliveries=never', 'deliveries=396', 'delivery-bodies=never'])(
    'may be %s',
    (text) => {
      expect(retentionDaysOf(text).problems).toEqual([]);
    },
  );
});
