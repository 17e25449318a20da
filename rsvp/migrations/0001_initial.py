import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('events', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Rsvp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('going', 'Going'), ('interested', 'Interested'), ('waitlisted', 'Waitlisted'), ('cancelled', 'Cancelled')], max_length=15)),
                ('guests', models.PositiveSmallIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(9)])),
                ('line_no', models.PositiveBigIntegerField(blank=True, editable=False, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rsvps', to='events.event')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rsvps', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'RSVP',
                'verbose_name_plural': 'RSVPs',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, choices=[('going', 'Going'), ('interested', 'Interested'), ('waitlisted', 'Waitlisted'), ('cancelled', 'Cancelled')], help_text='Empty for the first RSVP.', max_length=15)),
                ('to_status', models.CharField(choices=[('going', 'Going'), ('interested', 'Interested'), ('waitlisted', 'Waitlisted'), ('cancelled', 'Cancelled')], max_length=15)),
                ('guests', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField()),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='events.event')),
                ('rsvp', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='rsvp.rsvp')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddIndex(
            model_name='rsvp',
            index=models.Index(fields=['event', 'status', 'id'], name='rsvp_by_event_and_status'),
        ),
        migrations.AddConstraint(
            model_name='rsvp',
            constraint=models.UniqueConstraint(fields=('event', 'user'), name='rsvp_one_per_person'),
        ),
        migrations.AddConstraint(
            model_name='rsvp',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'waitlisted')), fields=('event', 'line_no'), name='rsvp_one_place_in_line'),
        ),
        migrations.AddConstraint(
            model_name='rsvp',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('line_no__isnull', False), ('status', 'waitlisted')), models.Q(models.Q(('status', 'waitlisted'), _negated=True), ('line_no__isnull', True)), _connector='OR'), name='rsvp_waits_with_a_number'),
        ),
        migrations.AddConstraint(
            model_name='rsvp',
            constraint=models.CheckConstraint(condition=models.Q(('guests__lte', 9)), name='rsvp_guests_limited'),
        ),
        migrations.AddConstraint(
            model_name='rsvp',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['going', 'interested', 'waitlisted', 'cancelled'])), name='rsvp_status_known'),
        ),
        migrations.AddIndex(
            model_name='answer',
            index=models.Index(fields=['event', 'at'], name='answer_by_event_and_time'),
        ),
    ]
