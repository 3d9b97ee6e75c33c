import { expect, test } from 'vitest';
import { type AlarmFacts, findAlarms, type TopicFacts } from '../../../../scripts/drift/checks/find-alarms.ts';

const now = new Date('2026-06-02T12:00:00Z');
const arn = 'arn:aws:sns:eu-west-1:100000000001:vendhost-dev-alerts';
const alarm: AlarmFacts = {
  name: 'vendhost-dev-shop-host-server-errors',
  state: 'OK',
  since: new Date('2026-01-01'),
  actionsEnabled: true,
  actions: [arn],
};
const topic: TopicFacts = { arn, confirmed: 1, pending: 0 };
const ids = (changes: Partial<AlarmFacts>, topics = [topic]) =>
  findAlarms({ alarms: [{ ...alarm, ...changes }], topics }, now).map(({ id }) => id.replace(`${alarm.name}/`, ''));

test('an alarm that tells a topic with a subscriber has no finding', () => {
  expect(ids({})).toEqual([]);
});

test('one without actions, or with actions switched off', () => {
  expect(ids({ actions: [], actionsEnabled: false })).toEqual(['no-action']);
  expect(findAlarms({ alarms: [{ ...alarm, actionsEnabled: false }], topics: [] }, now)).toMatchObject([
    { next: `aws cloudwatch enable-alarm-actions --alarm-names ${alarm.name}` },
  ]);
});

test('one without data for more than a day, not for less', () => {
  expect(ids({ state: 'INSUFFICIENT_DATA', since: new Date('2026-06-01T11:00:00Z') })).toEqual(['no-data']);
  expect(ids({ state: 'INSUFFICIENT_DATA', since: new Date('2026-06-01T13:00:00Z') })).toEqual([]);
  expect(ids({ state: 'INSUFFICIENT_DATA', since: undefined })).toEqual([]);
});

test('a topic that nobody is subscribed to, whose mails nobody confirmed, or that is gone', () => {
  const titles = (changes: Partial<TopicFacts>) =>
    findAlarms({ alarms: [], topics: [{ ...topic, ...changes }] }, now).map(({ title }) => title);
  expect(titles({ confirmed: 0 })).toEqual([
    'nobody is subscribed to the topic vendhost-dev-alerts, which alarms tell',
  ]);
  expect(titles({ confirmed: 0, pending: 2 })).toEqual([
    'nobody is subscribed to the topic vendhost-dev-alerts, which alarms tell: 2 did not confirm the mail that AWS sent',
  ]);
  expect(ids({}, [{ arn, pending: 0 }])).toEqual(['vendhost-dev-alerts/gone']);
});
