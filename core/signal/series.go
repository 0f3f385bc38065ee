package signal

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// series keeps the attribute sets of one metric, built once for each combination
// of labels, so that counting allocates nothing. Reading takes no lock: a new
// combination copies the table. The table is bounded; what no longer fits is
// counted under the labels of other.
type series[K comparable] struct {
	labels func(K) attributes
	other  K
	limit  int

	grow  sync.Mutex
	table atomic.Pointer[map[K]*options]
}

// options are one combination of labels in the forms that the API wants, for
// real traffic and for synthetic.
type options struct {
	add, addSynthetic       []metric.AddOption
	record, recordSynthetic []metric.RecordOption
}

// newSeries starts with the combinations known beforehand and has room for the
// given number of others.
func newSeries[K comparable](labels func(K) attributes, room int, other K, known ...K) *series[K] {
	table := make(map[K]*options, len(known)+1)
	for _, k := range append(known, other) {
		table[k] = newOptions(labels(k))
	}
	s := &series[K]{labels: labels, other: other, limit: len(table) + room}
	s.table.Store(&table)
	return s
}

func newOptions(kv attributes) *options {
	plain := metric.WithAttributeSet(attribute.NewSet(kv...))
	marked := metric.WithAttributeSet(attribute.NewSet(append(kv, LabelSynthetic.String("true"))...))
	return &options{
		add: []metric.AddOption{plain}, addSynthetic: []metric.AddOption{marked},
		record: []metric.RecordOption{plain}, recordSynthetic: []metric.RecordOption{marked},
	}
}

func (s *series[K]) of(k K) *options {
	if o, ok := (*s.table.Load())[k]; ok {
		return o
	}
	return s.learn(k)
}

func (s *series[K]) learn(k K) *options {
	s.grow.Lock()
	defer s.grow.Unlock()
	table := *s.table.Load()
	if o, ok := table[k]; ok {
		return o
	}
	if len(table) >= s.limit {
		return table[s.other]
	}
	table = maps.Clone(table)
	o := newOptions(s.labels(k))
	table[k] = o
	s.table.Store(&table)
	return o
}

func (s *series[K]) adds(ctx context.Context, k K) []metric.AddOption {
	o := s.of(k)
	if Synthetic(ctx) {
		return o.addSynthetic
	}
	return o.add
}

func (s *series[K]) records(ctx context.Context, k K) []metric.RecordOption {
	o := s.of(k)
	if Synthetic(ctx) {
		return o.recordSynthetic
	}
	return o.record
}

// one makes the labels function of a metric with a single label.
func one[K ~string](key attribute.Key) func(K) attributes {
	return func(k K) []attribute.KeyValue { return attributes{key.String(string(k))} }
}

// bare is the combination of a metric without labels.
type bare struct{}

func none(bare) attributes { return nil }

// attributes spell out one combination of labels.
type attributes = []attribute.KeyValue
