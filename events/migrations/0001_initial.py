import core.validators
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50, validators=[core.validators.PlainText()])),
                ('slug', models.SlugField(allow_unicode=True, unique=True)),
            ],
            options={
                'ordering': ['name', 'id'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='tag_name_unique', violation_error_message='Another tag has this name.')],
            },
        ),
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, validators=[core.validators.PlainText()])),
                ('slug', models.SlugField(allow_unicode=True, max_length=80, unique=True)),
                ('description', models.TextField(blank=True, max_length=1000, validators=[core.validators.PlainText(lines=True)])),
            ],
            options={
                'verbose_name_plural': 'categories',
                'ordering': ['name', 'id'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='category_name_unique', violation_error_message='Another category has this name.')],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200, validators=[core.validators.PlainText()])),
                ('description', models.TextField(blank=True, max_length=20000, validators=[core.validators.PlainText(lines=True)])),
                ('location', models.CharField(max_length=300, validators=[core.validators.PlainText()])),
                ('latitude', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(-90), django.core.validators.MaxValueValidator(90)])),
                ('longitude', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(-180), django.core.validators.MaxValueValidator(180)])),
                ('start_time', models.DateTimeField(validators=[core.validators.validate_year])),
                ('end_time', models.DateTimeField(validators=[core.validators.validate_year])),
                ('timezone', models.CharField(default='UTC', help_text='IANA name; the zone of times that are sent without an offset.', max_length=64, validators=[core.validators.validate_timezone])),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('cancelled', 'Cancelled')], default='published', max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('deleted_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('category', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='events.category')),
                ('created_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='events', to=settings.AUTH_USER_MODEL)),
                ('tags', models.ManyToManyField(blank=True, related_name='events', to='events.tag')),
            ],
            options={
                'ordering': ['start_time', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='events.event')),
                ('max_attendees', models.PositiveIntegerField(blank=True, null=True)),
                ('going', models.PositiveIntegerField(default=0)),
                ('interested', models.PositiveIntegerField(default=0)),
                ('waiting', models.PositiveIntegerField(default=0)),
                ('passed_over', models.PositiveIntegerField(default=0, help_text='Waiting people in parties larger than the limit.')),
                ('next_in_line', models.PositiveBigIntegerField(default=1)),
            ],
            options={
                'verbose_name_plural': 'tallies',
                'indexes': [models.Index(fields=['-going', '-interested', 'event'], name='tally_by_popularity'), models.Index(condition=models.Q(('max_attendees__isnull', False), models.Q(('going__gte', models.F('max_attendees')), ('waiting__gt', models.F('passed_over')), _connector='OR')), fields=['event'], name='tally_of_full_events')],
                'constraints': [models.CheckConstraint(condition=models.Q(('max_attendees', None), ('going__lte', models.F('max_attendees')), _connector='OR'), name='tally_not_oversold'), models.CheckConstraint(condition=models.Q(('max_attendees', None), ('max_attendees__gte', 1), _connector='OR'), name='tally_limit_at_least_one'), models.CheckConstraint(condition=models.Q(('passed_over__lte', models.F('waiting'))), name='tally_passed_over_are_waiting')],
            },
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('deleted_at', None), ('status', 'published')), fields=['start_time', 'id'], name='event_listed_by_start'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('deleted_at', None), ('status', 'published')), fields=['end_time'], name='event_listed_by_end'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('deleted_at', None), ('status', 'published')), fields=['-created_at', '-id'], name='event_listed_by_creation'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['category', 'start_time', 'id'], name='event_by_category'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['created_by', 'start_time', 'id'], name='event_by_organizer'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('end_time__gt', models.F('start_time'))), name='event_ends_after_its_start'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('latitude', None), ('longitude', None)), models.Q(('latitude__range', (-90, 90)), ('longitude__range', (-180, 180))), _connector='OR'), name='event_coordinates_on_earth'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'published', 'cancelled'])), name='event_status_known'),
        ),
    ]
